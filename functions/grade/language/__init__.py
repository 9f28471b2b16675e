"""Words as markers read them: stems, senses, negation, look-alikes, and the lists behind them."""
