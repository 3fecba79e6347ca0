package getopt

import "strings"

// An Error is a command line that getopt_long refuses. Its text is glibc's,
// byte for byte, without the program's name in front of it; the quotes are
// ASCII in every locale, and what was typed is repeated raw.
type Error struct {
	// Unknown is what was taken for an option and is none, as it was typed: "--frob",
	// "--frob=x", or the letter "-f"; "" if something else is wrong.
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

// The next two name the option in full, however it was abbreviated.

func errUnwantedArgument(name string) error {
	return &Error{text: "option '--" + name + "' doesn't allow an argument"}
}

func errLongNeedsArgument(name string) error {
	return &Error{text: "option '--" + name + "' requires an argument"}
}
