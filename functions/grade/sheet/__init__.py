"""Splits the transcript of an answer sheet into answers by the student's labels."""
