"""Language analysis for the markers: stems, senses, negation and look-alike characters, with their word lists."""
