"""What is told to people: messages per topic, their texts, and their delivery."""
