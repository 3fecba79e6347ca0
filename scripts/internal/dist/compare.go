package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// errDiffer says that differences were found and printed.
var errDiffer = errors.New("not the same")

// compare prints to w the differences between two files, or between the files of two
// directories.
func compare(w io.Writer, a, b string) error {
	filesA, err := files(a)
	if err != nil {
		return err
	}
	filesB, err := files(b)
	if err != nil {
		return err
	}
	differences, err := compareSets(filesA, filesB, compareFiles)
	if err != nil {
		return err
	}
	for _, d := range differences {
		if _, err := fmt.Fprintln(w, d); err != nil {
			return err
		}
	}
	if len(differences) > 0 {
		return errDiffer
	}
	return nil
}

// files reads a file, or all files in a directory without subdirectories. The keys are base
// names, so that files in different directories are compared.
func files(name string) (map[string][]byte, error) {
	read := make(map[string][]byte)
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		read[filepath.Base(name)], err = os.ReadFile(name)
		return read, err
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if read[e.Name()], err = os.ReadFile(filepath.Join(name, e.Name())); err != nil {
			return nil, err
		}
	}
	return read, nil
}

// compareSets returns the differences that compareOne finds between values of the same
// name, and the names that are in one set only, sorted.
func compareSets[T any](a, b map[string]T, compareOne func(name string, a, b T) ([]string, error)) ([]string, error) {
	var differences []string
	names := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		inA, okA := a[name]
		inB, okB := b[name]
		switch {
		case !okA:
			differences = append(differences, name+": only in the second")
		case !okB:
			differences = append(differences, name+": only in the first")
		default:
			found, err := compareOne(name, inA, inB)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			differences = append(differences, found...)
		}
	}
	return differences, nil
}

// compareFiles compares files, and the members of archives.
func compareFiles(name string, a, b []byte) ([]string, error) {
	if bytes.Equal(a, b) {
		return nil, nil
	}
	membersA, err := unpack(name, a)
	if err != nil {
		return nil, err
	}
	membersB, err := unpack(name, b)
	if err != nil {
		return nil, err
	}
	differences, err := compareSets(membersA, membersB, compareMembers)
	for i, d := range differences {
		differences[i] = name + ": " + d
	}
	if len(differences) == 0 { // not archives, or packed differently
		differences = []string{name + ": " + firstDifference(a, b)}
	}
	return differences, err
}

// unpacked is a member of an archive.
type unpacked struct {
	about string
	data  []byte
}

func compareMembers(name string, a, b unpacked) ([]string, error) {
	switch {
	case a.about != b.about:
		return []string{fmt.Sprintf("%s: %s and %s", name, a.about, b.about)}, nil
	case !bytes.Equal(a.data, b.data):
		return []string{name + ": " + firstDifference(a.data, b.data)}, nil
	}
	return nil, nil
}

// firstDifference returns the first offset, from 1 as in cmp.
func firstDifference(a, b []byte) string {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return fmt.Sprintf("differs from byte %d on", i+1)
		}
	}
	return fmt.Sprintf("differs from byte %d on, where one ends", n+1)
}

// unpack returns the members of an archive by name, or none if the file's name is not
// that of an archive.
func unpack(name string, data []byte) (map[string]unpacked, error) {
	switch {
	case strings.HasSuffix(name, ".tar.gz"):
		return unpackTarball(data)
	case strings.HasSuffix(name, ".zip"):
		return unpackZip(data)
	}
	return nil, nil
}

func unpackTarball(data []byte) (map[string]unpacked, error) {
	plain, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	members := make(map[string]unpacked)
	for r := tar.NewReader(plain); ; {
		header, err := r.Next()
		if err == io.EOF {
			return members, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		about := fmt.Sprintf("%v %d:%d %v", header.FileInfo().Mode(), header.Uid, header.Gid, header.ModTime.UTC())
		members[header.Name] = unpacked{about, content}
	}
}

func unpackZip(data []byte) (map[string]unpacked, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	members := make(map[string]unpacked)
	for _, f := range r.File {
		content, err := f.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(content)
		if err != nil {
			return nil, err
		}
		members[f.Name] = unpacked{fmt.Sprintf("%v %v", f.Mode(), f.Modified.UTC()), text}
	}
	return members, nil
}
