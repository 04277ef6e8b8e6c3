"""The demo programme "Clube Jatobá": a year of six shops, by the real rules, from a fixed seed."""
