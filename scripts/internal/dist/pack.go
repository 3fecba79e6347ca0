package main

import (
	"archive/tar"
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// A member is a file or directory in an archive.
type member struct {
	name string // with slashes; ends in one for a directory
	mode fs.FileMode
	path string // file on disk
	size int64
}

func (m member) isDirectory() bool { return m.mode.IsDir() }

// An archiver writes members in an archive format.
type archiver interface {
	// add writes the header of a member and returns a writer for its contents.
	add(m member) (io.Writer, error)
	Close() error
}

// newArchiver selects the format by the archive's name.
func newArchiver(name string, w io.Writer, modified time.Time) (archiver, error) {
	switch {
	case strings.HasSuffix(name, ".tar.gz"):
		return newTarball(w, modified)
	case strings.HasSuffix(name, ".zip"):
		return newZip(w, modified), nil
	}
	return nil, fmt.Errorf("%s: the name of an archive must end in .tar.gz or .zip", name)
}

// pack writes an archive of the directory, with the same time for all files. An
// incomplete archive is removed.
func pack(archive, directory string, modified time.Time) (err error) {
	members, err := list(directory)
	if err != nil {
		return err
	}
	file, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, file.Close()); err != nil {
			os.Remove(archive)
		}
	}()
	a, err := newArchiver(archive, file, modified.UTC()) // zip would store local time
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := write(a, m); err != nil {
			return err
		}
	}
	return a.Close()
}

// list returns the directory and all its contents, each directory sorted bytewise, with
// names that begin with the directory's own name.
func list(directory string) ([]member, error) {
	var members []member
	top := filepath.Base(directory)
	err := filepath.WalkDir(directory, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		below, err := filepath.Rel(directory, name)
		if err != nil {
			return err
		}
		m := member{name: path.Join(top, filepath.ToSlash(below)), path: name}
		switch {
		case info.IsDir():
			m.name += "/"
			m.mode = fs.ModeDir | 0o755
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is neither a file nor a directory", name)
		case info.Mode()&0o100 != 0:
			m.mode, m.size = 0o755, info.Size()
		default:
			m.mode, m.size = 0o644, info.Size()
		}
		members = append(members, m)
		return nil
	})
	return members, err
}

// write adds a member with its contents.
func write(a archiver, m member) error {
	w, err := a.add(m)
	if err != nil || m.isDirectory() {
		return err
	}
	file, err := os.Open(m.path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}

// tarball is a tar archive, compressed as by gzip -n -9, without name and time.
type tarball struct {
	*tar.Writer
	compressed *gzip.Writer
	modified   time.Time
}

func newTarball(w io.Writer, modified time.Time) (*tarball, error) {
	compressed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	return &tarball{tar.NewWriter(compressed), compressed, modified}, nil
}

func (t *tarball) add(m member) (io.Writer, error) {
	header := &tar.Header{
		Typeflag: tar.TypeReg,
		Name:     m.name,
		Mode:     int64(m.mode.Perm()),
		Size:     m.size,
		ModTime:  t.modified,
		Format:   tar.FormatUSTAR, // supported by all tars
	}
	if m.isDirectory() {
		header.Typeflag = tar.TypeDir
	}
	return t, t.WriteHeader(header)
}

func (t *tarball) Close() error {
	return errors.Join(t.Writer.Close(), t.compressed.Close())
}

// zipped is a zip archive.
type zipped struct {
	*zip.Writer
	modified time.Time
}

func newZip(w io.Writer, modified time.Time) *zipped {
	z := &zipped{zip.NewWriter(w), modified}
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestCompression)
	})
	return z
}

func (z *zipped) add(m member) (io.Writer, error) {
	header := &zip.FileHeader{Name: m.name, Method: zip.Deflate, Modified: z.modified}
	if m.isDirectory() {
		header.Method = zip.Store
	}
	header.SetMode(m.mode)
	return z.CreateHeader(header)
}
