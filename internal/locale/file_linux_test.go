package locale

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

// newCtype returns the part of an LC_CTYPE file that ctypeCodeset reads.
func newCtype(codeset string) []byte {
	const items = codesetItem + 2
	file := appendWords(nil, ctypeMagic, items)
	for range items {
		file = appendWords(file, 4*(2+items))
	}
	return append(file, codeset+"\x00"...)
}

// newArchive returns an archive with the names and charsets of locales, in a table of
// size rows, which must be prime.
func newArchive(size uint32, locales map[string]string) []byte {
	const head = 4 * 5
	table := make([]uint32, 3*size)
	rest := head + uint32(len(table))*4
	var tail []byte
	for name, codeset := range locales {
		hash := uint32(archiveHash(name))
		index := hash % size
		for table[3*index+1] != 0 {
			index = (index + 1 + hash%(size-2)) % size
		}
		ctype := newCtype(codeset)
		nameAt := rest + uint32(len(tail))
		recordAt := nameAt + uint32(len(name)) + 1
		ctypeAt := recordAt + 3*4
		tail = append(tail, name+"\x00"...)
		tail = appendWords(tail, 1, ctypeAt, uint32(len(ctype)))
		tail = append(tail, ctype...)
		copy(table[3*index:], []uint32{hash, nameAt, recordAt})
	}
	file := appendWords(nil, archiveMagic, 0, head, uint32(len(locales)), size)
	return append(appendWords(file, table...), tail...)
}

func appendWords(file []byte, words ...uint32) []byte {
	for _, word := range words {
		file = binary.NativeEndian.AppendUint32(file, word)
	}
	return file
}

// TestArchiveHash: the expected values are from an archive that localedef wrote.
func TestArchiveHash(t *testing.T) {
	for name, want := range map[string]int64{
		"": 1<<32 - 1, "de_DE": 0x297d2e88, "en_US.utf8": 0x67e59d4b, "de_DE.iso885915@euro": 0xe33a3527,
	} {
		if got := archiveHash(name); got != want {
			t.Errorf("archiveHash(%q) = %#x, want %#x", name, got, want)
		}
	}
}

// TestFindInArchive: colliding rows are found, whether a search passes free rows or, in
// a full table, none.
func TestFindInArchive(t *testing.T) {
	for _, size := range []uint32{71, 101} {
		locales := map[string]string{}
		for i := range 71 {
			locales[fmt.Sprintf("l%d.utf8", i)] = fmt.Sprintf("charset %d", i)
		}
		archive := bytes.NewReader(newArchive(size, locales))
		for name, want := range locales {
			ctype, ok := findInArchive(archive, name)
			if !ok {
				t.Errorf("%s was not found among %d rows", name, size)
				continue
			}
			if got, ok := ctypeCodeset(ctype); !ok || got != want {
				t.Errorf("charset of %s among %d rows: %q, %v, want %q", name, size, got, ok, want)
			}
		}
		if _, ok := findInArchive(archive, "l71.utf8"); ok {
			t.Errorf("l71.utf8 was found in an archive of %d rows without it", size)
		}
	}
}

func TestRemovedLocale(t *testing.T) {
	archive := newArchive(3, map[string]string{"xx": "UTF-8"})
	row := 4 * (5 + 3*(archiveHash("xx")%3))
	clear(archive[row+8 : row+12])
	if _, ok := findInArchive(bytes.NewReader(archive), "xx"); ok {
		t.Error("a locale without a record was found")
	}
}

// TestTruncatedFiles: a truncated file contains no locale and does no harm.
func TestTruncatedFiles(t *testing.T) {
	ctype := newCtype("UTF-8")
	for n := range ctype {
		if codeset, ok := ctypeCodeset(bytes.NewReader(ctype[:n])); ok {
			t.Errorf("%d of %d bytes of LC_CTYPE have the charset %q", n, len(ctype), codeset)
		}
	}
	archive := newArchive(3, map[string]string{"xx": "UTF-8"})
	for n := range archive {
		ctype, ok := findInArchive(bytes.NewReader(archive[:n]), "xx")
		if !ok {
			continue
		}
		if codeset, ok := ctypeCodeset(ctype); ok {
			t.Errorf("%d of %d bytes of an archive have the charset %q", n, len(archive), codeset)
		}
	}
}

func TestForeignFiles(t *testing.T) {
	ctype := newCtype("UTF-8")
	ctype[0] ^= 1
	if _, ok := ctypeCodeset(bytes.NewReader(ctype)); ok {
		t.Error("an LC_CTYPE file with another magic number was accepted")
	}
	ctype = appendWords(nil, ctypeMagic, codesetItem)
	ctype = append(ctype, newCtype("UTF-8")[len(ctype):]...)
	if _, ok := ctypeCodeset(bytes.NewReader(ctype)); ok {
		t.Error("an LC_CTYPE file with too few items was accepted")
	}
	archive := newArchive(3, map[string]string{"xx": "UTF-8"})
	archive[0] ^= 1
	if _, ok := findInArchive(bytes.NewReader(archive), "xx"); ok {
		t.Error("an archive with another magic number was accepted")
	}
}

// FuzzFiles reads damaged files: no panics, no long loops.
func FuzzFiles(f *testing.F) {
	f.Add(newCtype("UTF-8"), "xx")
	f.Add(newArchive(5, map[string]string{"xx": "UTF-8", "xx.utf8": "UTF-8"}), "xx")
	f.Add(appendWords(nil, archiveMagic, 0, 20, 1, 1<<32-1), "xx")
	f.Add(appendWords(nil, archiveMagic, 0, 1<<32-1, 1, 2), "")
	f.Fuzz(func(t *testing.T, file []byte, name string) {
		r := bytes.NewReader(file)
		ctypeCodeset(r)
		if ctype, ok := findInArchive(r, archiveName(name)); ok {
			ctypeCodeset(ctype)
		}
	})
}
