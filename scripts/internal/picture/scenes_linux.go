package main

import (
	"crypto/sha1"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	columns = 100
	prompt  = "$ "
)

// A scene is a command that is typed at the terminal.
type scene struct {
	command string
	// prepare changes files before it.
	prepare func(home string) error
	// enough is what the cursor's line looks like when the picture is taken, in the
	// middle of the command. Without it the command ends by itself.
	enough *regexp.Regexp
}

var scenes = []scene{
	{command: "psha1sum backup/*"},
	{
		command: "psha1sum --check --explain --audit backup SHA1SUMS",
		prepare: damage,
	},
	{
		command: "psha1sum -r photos > PHOTOS",
		enough:  regexp.MustCompile(`, [4-9][0-9] %, .* left  photos/`),
	},
}

// saved is when the files were written, that of the backup last.
var saved = time.Date(2026, time.November, 2, 9, 14, 7, 0, time.UTC)

const letter = "Dear reader,\n\nall is well.\n"

// makeFiles makes the files of all scenes.
func makeFiles(home string) error {
	files := map[string]string{
		"backup/letter.txt": letter,
		"backup/photo.jpg":  "\xff\xd8\xff\xe0 a picture\n",
		"backup/song.ogg":   "OggS a song\n",
	}
	for name, content := range files {
		if err := put(home, name, content); err != nil {
			return err
		}
	}
	// Holes take no room, and on tmpfs not even the page cache.
	photos := filepath.Join(home, "photos")
	if err := os.Mkdir(photos, 0o755); err != nil {
		return err
	}
	for i := range 400 {
		name := filepath.Join(photos, fmt.Sprintf("IMG_%04d.CR2", 100+i))
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			return err
		}
		if err := os.Truncate(name, 36<<20+int64(i%7)<<20); err != nil {
			return err
		}
	}
	return nil
}

// damage has a letter's line ends converted, and a picture moved, since a manifest was
// made.
func damage(home string) error {
	var manifest strings.Builder
	for _, name := range []string{"letter.txt", "photo.jpg", "song.ogg"} {
		content, err := os.ReadFile(filepath.Join(home, "backup", name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&manifest, "%x  backup/%s\n", sha1.Sum(content), name)
	}
	if err := os.WriteFile(filepath.Join(home, "SHA1SUMS"), []byte(manifest.String()), 0o644); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(home, "backup", "2026"), 0o755); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(home, "backup", "photo.jpg"), filepath.Join(home, "backup", "2026", "photo.jpg")); err != nil {
		return err
	}
	return put(home, "backup/letter.txt", strings.ReplaceAll(letter, "\n", "\r\n"))
}

// put writes a file that looks old.
func put(home, name, content string) error {
	path := filepath.Join(home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		return err
	}
	return os.Chtimes(path, saved, saved)
}
