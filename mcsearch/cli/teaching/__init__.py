"""The commands of labels that are learnt from examples."""
