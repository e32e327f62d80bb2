"""How good the answers are: relevance, labels that learn, and text in photos, on painted pictures."""
