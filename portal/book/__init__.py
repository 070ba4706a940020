"""The books as a whole: read, replayed and proved, without trusting what wrote them."""
