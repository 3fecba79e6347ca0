package manifest

import "encoding/hex"

// A Format is a way to write entries. The zero Format is the default of sha1sum.
type Format struct {
	// Tag is the algorithm's name in BSD lines, with the length in bits where GNU adds
	// it: "SHA1", "BLAKE2b-128".
	Tag string
	// Tagged selects BSD lines (--tag), for which Binary has no effect.
	Tagged bool
	// Binary marks GNU lines with * (--binary).
	Binary bool
	// Zero ends lines with NUL instead of LF and leaves names unescaped (--zero). Such
	// lines can't be parsed.
	Zero bool
}

// Append appends to dst the line for digest and name, with its terminator, and returns
// the extended buffer. Hexadecimal digits are lower case.
func (f Format) Append(dst, digest []byte, name string) []byte {
	escape := !f.Zero && needsEscape(name)
	if escape {
		dst = append(dst, '\\')
	}
	if f.Tagged {
		dst = append(dst, f.Tag...)
		dst = append(dst, " ("...)
		dst = appendName(dst, name, escape)
		dst = append(dst, ") = "...)
		dst = hex.AppendEncode(dst, digest)
	} else {
		dst = hex.AppendEncode(dst, digest)
		dst = append(dst, ' ', f.marker())
		dst = appendName(dst, name, escape)
	}
	return append(dst, f.terminator())
}

func (f Format) marker() byte {
	if f.Binary {
		return '*'
	}
	return ' '
}

func (f Format) terminator() byte {
	if f.Zero {
		return 0
	}
	return '\n'
}
