"""An answer sheet, as written: its transcript cut into answers by the student's labels."""
