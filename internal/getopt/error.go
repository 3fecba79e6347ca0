package getopt

import "strings"

// An Error is a command line that getopt_long rejects. Its text is glibc's, byte for
// byte, without the program's name; quotes are ASCII in every locale, and arguments are
// repeated unescaped.
type Error struct {
	// Unknown is an unknown option as it was typed: "--frob", "--frob=x", or the letter
	// "-f"; "" for other errors.
	Unknown string
	text    string
}

func (e *Error) Error() string { return e.text }

func errInvalid(letter string) error {
	return &Error{Unknown: "-" + letter, text: "invalid option -- '" + letter + "'"}
}

func errShortNeedsArgument(letter string) error {
	return &Error{text: "option requires an argument -- '" + letter + "'"}
}

func errUnrecognized(text string) error {
	return &Error{Unknown: "--" + text, text: "unrecognized option '--" + text + "'"}
}

func errAmbiguous(text string, possibilities []string) error {
	return &Error{text: "option '--" + text + "' is ambiguous; possibilities: '--" +
		strings.Join(possibilities, "' '--") + "'"}
}

// These two give the option's full name, even if it was abbreviated.

func errUnwantedArgument(name string) error {
	return &Error{text: "option '--" + name + "' doesn't allow an argument"}
}

func errLongNeedsArgument(name string) error {
	return &Error{text: "option '--" + name + "' requires an argument"}
}
