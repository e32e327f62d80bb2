"""Labels that are learnt from examples: teaching them, training their classifiers, suggesting what to teach."""
