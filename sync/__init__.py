"""Rules, protocol, sync client and server of the loyalty programme."""
