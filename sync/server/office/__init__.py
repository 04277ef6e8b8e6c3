"""What head office does: every act of the authority, one noun per file."""
