// Package manifest parses and formats the lines of checksum manifests exactly as GNU
// coreutils 9.1 does: what sha1sum prints and sha1sum --check reads. It opens no files,
// computes no digests and prints nothing. Names and manifests are bytes in any
// encoding.
//
// # Lines
//
// A manifest has one entry per line, in one of two forms, which may be mixed:
//
//	da39a3ee5e6b4b0d3255bfef95601890afd80709  empty      GNU; the second blank may be a *
//	SHA1 (empty) = da39a3ee5e6b4b0d3255bfef95601890afd80709    BSD, "tagged"
//
// A leading backslash marks an escaped name, in which \\, \n and \r stand for a
// backslash, a line feed and a carriage return. Empty lines and lines that begin with #
// are skipped. Any other line is malformed and reported as such; malformed input is
// never an error of this package.
//
// # Writing
//
// [Format.Append] appends a line to the caller's buffer, [AppendStatusName] a name as
// it is printed before ": OK". Neither keeps a reference to its arguments, and neither
// allocates if the buffer has room.
//
// # Reading
//
// A [Parser] represents one run of sha1sum --check, a [Reader] one of its manifests:
//
//	p := manifest.NewParser(manifest.Algorithm{Tag: "SHA1", Size: sha1.Size})
//	r := p.NewReader(file, false)
//	for {
//		line, err := r.Next()
//		if err == io.EOF {
//			break
//		}
//		if err != nil {
//			return err
//		}
//		if line.Malformed {
//			log.Printf("line %d is malformed", line.Number)
//			continue
//		}
//		check(line.Name, line.Digest())
//	}
//
// A Reader returns every line that has arrived before it reads more, so it can answer a
// program that sends one line and waits for the result. Its memory does not grow with
// the number of lines, nor with the length of a line whose beginning shows that it is
// malformed. A line that may still be well-formed is kept whole. Otherwise it allocates
// only the name of each entry. A [Line] belongs to the caller; later calls don't change
// it.
//
// [Diagnose] returns why a line is malformed, given the beginning that
// [Parser.KeepMalformed] made the Reader keep.
package manifest

// MaxDigestSize is the length in bytes of the longest digest in an entry, that of
// SHA-512 and BLAKE2b.
const MaxDigestSize = 64

// An Algorithm describes the digests of an algorithm in manifests.
type Algorithm struct {
	// Tag is the algorithm's name in BSD lines, as in "SHA1 (file) = ...".
	Tag string
	// Size is the length of a digest in bytes: half the number of digits.
	Size int
	// Variable allows shorter digests, from one byte on. The tag may then be followed
	// by their length in bits, "BLAKE2b-128"; in lines without a tag the number of
	// digits gives the length.
	Variable bool
	// Aliases are the tags that other tools use.
	Aliases []string
	// Padded allows several blanks after the tag, as in the aligned output of rhash
	// --bsd. GNU accepts at most one.
	Padded bool
}

// An Entry is the expected digest of a file.
type Entry struct {
	// Name is the file name, unescaped: any bytes but NUL. It may be empty; "-" is
	// standard input.
	Name string
	// Sum holds the digest in its first Size bytes, followed by zeros.
	Sum [MaxDigestSize]byte
	// Size is the length of the digest in bytes.
	Size int
	// Algorithm is the index into the Parser's algorithms.
	Algorithm int
	// Tagged is set for BSD lines, which name the algorithm. Without a tag, the
	// algorithm may be any of the Parser's with digests of that size.
	Tagged bool
}

// Digest returns the digest, a slice of e.Sum.
func (e *Entry) Digest() []byte {
	return e.Sum[:e.Size]
}

// A Line is a line of a manifest that is neither empty nor a comment.
type Line struct {
	// Number is the line number in the manifest, from 1, with skipped lines counted.
	Number uint64
	// Malformed says that the line is not an entry. Entry is then zero.
	Malformed bool
	// Text is the beginning of a malformed line, for Diagnose, if it was kept; see
	// Parser.KeepMalformed.
	Text string
	Entry
}
