"""DejaVu Sans, regular and bold, for feedback sheets: Latin, Greek, Cyrillic, mathematics.

Version 2.37, unchanged (https://dejavu-fonts.github.io); LICENCE.txt holds its licence.
"""
