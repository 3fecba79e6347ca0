package locale

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
)

// These files are written by glibc's localedef, in native byte order: see
// locale/locarchive.h and locale/localeinfo.h. They are not trusted: anything malformed
// or outside the file means that the locale is not installed.

const (
	archiveMagic = 0xde020109
	ctypeMagic   = 0x20090720

	codesetItem = 14 // index of CODESET (langinfo.h) in LC_CTYPE

	// A search in a valid archive ends long before, because localedef keeps enough rows
	// of the table free.
	maxProbes = 1000
)

// archivedCodeset returns the charset of a locale in the archive. Its entries have a
// normalized codeset, if any.
func archivedCodeset(path, name string) (codeset string, ok bool) {
	f, err := openFile(path)
	if err != nil {
		return "", false
	}
	defer f.close()
	ctype, ok := findInArchive(f, archiveName(name))
	if !ok {
		return "", false
	}
	return ctypeCodeset(ctype)
}

// archiveName returns a locale's name with a normalized codeset.
func archiveName(name string) string {
	front, back, _ := strings.Cut(name, ".")
	codeset, _, _ := strings.Cut(back, "@")
	if codeset == "" {
		return name
	}
	return front + "." + normalCodeset(codeset) + back[len(codeset):]
}

// findInArchive returns the section of an archive that holds a locale's LC_CTYPE. The
// archive begins with a magic number, a serial number, and the offset, used rows and
// total rows of the name table. That is a hash table with double hashing; a row has the
// name's hash, the name's offset, and the offset of the locale's record. The record has
// a reference count, then the offset and length of each category, LC_CTYPE first.
func findInArchive(r io.ReaderAt, name string) (ctype io.ReaderAt, ok bool) {
	head, ok := readWords(r, 0, 5)
	if !ok || head[0] != archiveMagic || head[4] < 3 {
		return nil, false
	}
	table, size := head[2], head[4]
	hash := archiveHash(name)
	step := 1 + hash%(size-2)
	index := hash % size
	for range maxProbes {
		row, ok := readWords(r, table+12*index, 3)
		if !ok || row[1] == 0 {
			return nil, false
		}
		if row[0] == hash && holdsString(r, row[1], name) {
			return findRecord(r, row[2])
		}
		index = (index + step) % size
	}
	return nil, false
}

func findRecord(r io.ReaderAt, offset int64) (ctype io.ReaderAt, ok bool) {
	record, ok := readWords(r, offset, 3)
	if !ok || offset == 0 { // the name of a removed locale stays
		return nil, false
	}
	return io.NewSectionReader(r, record[1], record[2]), true
}

func archiveHash(name string) int64 {
	hash := uint32(len(name))
	for i := range len(name) {
		hash = hash<<9 | hash>>23
		hash += uint32(name[i])
	}
	if hash == 0 {
		hash = 1<<32 - 1
	}
	return int64(hash)
}

// ctypeCodeset returns the charset's name in an LC_CTYPE file: a magic number, the
// number of items, and an offset for each.
func ctypeCodeset(r io.ReaderAt) (codeset string, ok bool) {
	head, ok := readWords(r, 0, 2+codesetItem+1)
	if !ok || head[0] != ctypeMagic || head[1] <= codesetItem {
		return "", false
	}
	var text [32]byte // longer than any charset's name
	n, _ := r.ReadAt(text[:], head[2+codesetItem])
	end := bytes.IndexByte(text[:n], 0)
	if end < 0 {
		return "", false
	}
	return string(text[:end]), true
}

// readWords reads 32-bit numbers. They are not negative, so sums of a few, used as
// offsets, can neither overflow nor be negative.
func readWords(r io.ReaderAt, offset int64, count int) (words []int64, ok bool) {
	data := make([]byte, 4*count)
	if n, _ := r.ReadAt(data, offset); n < len(data) {
		return nil, false
	}
	words = make([]int64, count)
	for i := range words {
		words[i] = int64(binary.NativeEndian.Uint32(data[4*i:]))
	}
	return words, true
}

// holdsString reports whether the NUL-terminated string at an offset is text.
func holdsString(r io.ReaderAt, offset int64, text string) bool {
	data := make([]byte, len(text)+1)
	n, _ := r.ReadAt(data, offset)
	return n == len(data) && string(data) == text+"\x00"
}
