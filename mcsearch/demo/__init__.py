"""The demo: a painter of small synthetic photos, and the program that shows mcsearch on them."""
