"""The doors that nobody needs to be signed in to: sign in, sign up, forgotten passwords."""
