"""Writers: blocks of samples in, one finished file of one format out."""
