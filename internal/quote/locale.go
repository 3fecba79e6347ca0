package quote

// AppendLocale appends text between the quotation marks of the locale, ‘ and ’ or
// two apostrophes, as GNU's quote() does for arguments: what would end the
// quotation, backslashes and what isn't printable are escaped as in C.
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
