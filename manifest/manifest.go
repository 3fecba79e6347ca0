// Package manifest turns the lines of checksum manifests into entries and
// entries into lines, byte for byte as GNU coreutils 9.1 does: what sha1sum
// prints, what sha1sum --check reads. It never opens a file, computes a digest
// or prints; names and manifests are bytes, in no particular encoding.
//
// # Lines
//
// A manifest holds one entry a line, in one of two forms, which may be mixed:
//
//	da39a3ee5e6b4b0d3255bfef95601890afd80709  empty      GNU; the second blank may be a *
//	SHA1 (empty) = da39a3ee5e6b4b0d3255bfef95601890afd80709    BSD, "tagged"
//
// A backslash before either says that the name is escaped: \\, \n and \r stand
// for a backslash, a line feed and a carriage return. Lines that begin with #
// and empty lines are passed over. Whatever else is malformed, and reported as
// such: malformed input is never an error of this package.
//
// # Writing
//
// [Format.Append] appends a line to a buffer of the caller's, [AppendStatusName]
// a name as it stands before ": OK". Neither keeps an argument, and neither
// allocates while the buffer has room.
//
// # Reading
//
// A [Parser] is one run of sha1sum --check, a [Reader] one of its manifests:
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
// A Reader returns each line that has arrived before it reads on, so it can
// answer a program that sends one line and waits. Its memory does not grow with
// the number of lines, nor with the length of a line whose beginning proves it
// malformed; a line that may still be well-formed is stored whole, because its
// name is. Beyond that it allocates the name of each entry and nothing else. A
// [Line] is the caller's: no later call changes it.
//
// Why a line is malformed doesn't interest who reads it, but may interest who
// wrote it: [Diagnose] tells, for the beginnings of lines that
// [Parser.KeepMalformed] has kept.
package manifest

// MaxDigestSize is the length in bytes of the longest digest an entry can hold,
// that of SHA-512 and BLAKE2b.
const MaxDigestSize = 64

// An Algorithm is what a manifest shows of a digest algorithm.
type Algorithm struct {
	// Tag is the algorithm's name in BSD lines, as in "SHA1 (file) = ...".
	Tag string
	// Size is the length of a digest in bytes: half its length in digits.
	Size int
	// Variable says that digests may be shorter, from one byte on. The tag may
	// then have their length in bits behind it, "BLAKE2b-128", and lines without
	// one have as many digits as they have.
	Variable bool
	// Aliases are other tags, of other tools.
	Aliases []string
	// Padded says that there may be several blanks behind the tag, as rhash --bsd
	// fills it up. GNU's tools take one at the most.
	Padded bool
}

// An Entry says which digest the file of some name should have.
type Entry struct {
	// Name is the name of the file, unescaped: any bytes but NUL. It may be
	// empty, and "-" is the standard input.
	Name string
	// Sum is the digest in its first Size bytes, and zero after them.
	Sum [MaxDigestSize]byte
	// Size is the length of the digest in bytes.
	Size int
	// Algorithm is the index of the algorithm among the Parser's.
	Algorithm int
	// Tagged says that the line is a BSD line: it tells the algorithm. Without a tag
	// it may be another of the Parser's that has digests of that size.
	Tagged bool
}

// Digest returns the digest, a part of e.Sum.
func (e *Entry) Digest() []byte {
	return e.Sum[:e.Size]
}

// A Line is a line of a manifest that is neither a comment nor empty.
type Line struct {
	// Number is the line's place in its manifest. It starts from 1 and counts
	// the lines that are passed over, too.
	Number uint64
	// Malformed says that the line is no entry; Entry is zero then.
	Malformed bool
	// Text is the beginning of a malformed line, for Diagnose, if the Parser was
	// told to keep it.
	Text string
	Entry
}
