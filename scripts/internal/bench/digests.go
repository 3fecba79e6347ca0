package main

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
)

// parseSums parses the output of sha1sum and similar tools: the digest, two blanks or a
// blank and a star, the name. It returns digests by name. The bench's file names need
// no escaping.
func parseSums(output []byte) (map[string]string, error) {
	return parseLines(output, func(line string) (name, digest string, ok bool) {
		digest, name, ok = strings.Cut(line, " ")
		if !ok || len(name) < 2 || (name[0] != ' ' && name[0] != '*') {
			return "", "", false
		}
		return name[1:], digest, true
	})
}

// parseOpenSSL parses the output of openssl sha1: "SHA1(name)= digest".
func parseOpenSSL(output []byte) (map[string]string, error) {
	return parseLines(output, func(line string) (name, digest string, ok bool) {
		line, ok = strings.CutPrefix(line, "SHA1(")
		if !ok {
			return "", "", false
		}
		return strings.Cut(line, ")= ")
	})
}

// parseHashdeep parses the output of hashdeep -c sha1: lines that begin with % or #
// about the run, then "size,digest,name".
func parseHashdeep(output []byte) (map[string]string, error) {
	return parseLines(output, func(line string) (name, digest string, ok bool) {
		if strings.HasPrefix(line, "%") || strings.HasPrefix(line, "#") {
			return "", "", true
		}
		_, line, _ = strings.Cut(line, ",")
		digest, name, ok = strings.Cut(line, ",")
		return name, digest, ok
	})
}

// parseLines collects digests by name from lines that parse splits. Lines without a
// name are skipped.
func parseLines(output []byte, parse func(string) (name, digest string, ok bool)) (map[string]string, error) {
	digests := make(map[string]string)
	for line := range bytes.Lines(output) {
		text := strings.TrimSuffix(string(line), "\n")
		name, digest, ok := parse(text)
		if !ok {
			return nil, fmt.Errorf("unexpected line of output: %q", text)
		}
		if name != "" {
			digests[path.Clean(name)] = digest
		}
	}
	return digests, nil
}

// sortedLines returns the lines of text, sorted bytewise.
func sortedLines(text []byte) [][]byte {
	return slices.SortedFunc(bytes.Lines(text), bytes.Compare)
}

// compareDigests returns an error unless got and want are equal.
func compareDigests(got, want map[string]string) error {
	if err := compareNames(got, want); err != nil {
		return err
	}
	for name, digest := range want {
		if got[name] != digest {
			return fmt.Errorf("digest of %s is %s, GNU's is %s", name, got[name], digest)
		}
	}
	return nil
}

// compareNames returns an error unless got and want have the same names.
func compareNames(got, want map[string]string) error {
	for name := range want {
		if got[name] == "" {
			return fmt.Errorf("no digest of %s", name)
		}
	}
	for name := range got {
		if want[name] == "" {
			return fmt.Errorf("digest of %s, which is none of the files", name)
		}
	}
	return nil
}
