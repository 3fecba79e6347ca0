package quote_test

import (
	"fmt"
	"strings"
)

// unquote parses a word as a shell does. It accepts only what AppendShell may write;
// unquoted special characters are errors.
func unquote(text string) (string, error) {
	if text == "" {
		return "", fmt.Errorf("no word")
	}
	var word strings.Builder
	for rest := text; rest != ""; {
		part, after, err := unquotePart(rest, len(rest) == len(text))
		if err != nil {
			return "", fmt.Errorf("%w at %q", err, rest)
		}
		if part == text && (part == "{" || part == "}") {
			return "", fmt.Errorf("bare brace")
		}
		word.WriteString(part)
		rest = after
	}
	return word.String(), nil
}

// unquotePart parses the first quoted part, or byte, of a word.
func unquotePart(text string, first bool) (part, after string, err error) {
	switch {
	case strings.HasPrefix(text, `\'`):
		return "'", text[2:], nil
	case strings.HasPrefix(text, "$'"):
		return unquoteEscapes(text[2:])
	case text[0] == '\'':
		return unquoteUpTo(text[1:], "'", "")
	case text[0] == '"':
		return unquoteUpTo(text[1:], `"`, "$`\\!")
	case strings.IndexByte(" \t\n!\"$&'()*:;<=>?[\\^`|", text[0]) >= 0, first && (text[0] == '#' || text[0] == '~'):
		return "", "", fmt.Errorf("special character")
	}
	return text[:1], text[1:], nil
}

func unquoteUpTo(text, end, forbidden string) (part, after string, err error) {
	part, after, ok := strings.Cut(text, end)
	if !ok {
		return "", "", fmt.Errorf("open quotes")
	}
	if strings.ContainsAny(part, forbidden) {
		return "", "", fmt.Errorf("expansion")
	}
	return part, after, nil
}

// unquoteEscapes parses the inside of $'...', which must contain escapes only.
func unquoteEscapes(text string) (part, after string, err error) {
	const letters, bytes = "abtnvfr", "\a\b\t\n\v\f\r"
	var decoded []byte
	for len(text) >= 2 && text[0] == '\\' {
		if i := strings.IndexByte(letters, text[1]); i >= 0 {
			decoded = append(decoded, bytes[i])
			text = text[2:]
			continue
		}
		var c byte
		if len(text) < 4 {
			break
		}
		if _, err := fmt.Sscanf(text[1:4], "%03o", &c); err != nil {
			return "", "", err
		}
		decoded = append(decoded, c)
		text = text[4:]
	}
	after, ok := strings.CutPrefix(text, "'")
	if !ok {
		return "", "", fmt.Errorf("bad escape")
	}
	return string(decoded), after, nil
}
