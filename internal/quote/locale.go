package quote

// AppendLocale appends text in the quotation marks of the locale, ‘ and ’ or
// apostrophes, as GNU's quote() does for arguments. Closing marks, backslashes and
// unprintable characters are escaped as in C.
func AppendLocale(dst []byte, text string, utf8Locale bool) []byte {
	left, right := "'", "'"
	if utf8Locale {
		left, right = "‘", "’"
	}
	dst = append(dst, left...)
	chars := charset{utf8Locale, isPrint}
	for len(text) > 0 {
		width, printable := chars.unit(text)
		switch part := text[:width]; {
		case part == right || part == `\`:
			dst = append(append(dst, '\\'), part...)
		case printable:
			dst = append(dst, part...)
		default:
			dst = appendEscapes(dst, part)
		}
		text = text[width:]
	}
	return append(dst, right...)
}
