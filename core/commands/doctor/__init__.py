"""`doctor`: checks an installation part by part and says how to mend what is wrong. It changes nothing."""
