"""The one-class support vector machine."""
