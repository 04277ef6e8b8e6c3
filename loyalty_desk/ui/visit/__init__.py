"""An open member: who it is, what the purchase gives, what the points can buy."""
