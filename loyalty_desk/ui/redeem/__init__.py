"""Confirming a redemption, in the right column: no dialog, the member stays visible."""
