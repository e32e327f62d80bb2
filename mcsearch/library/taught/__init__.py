"""Labels that are learnt from examples."""
