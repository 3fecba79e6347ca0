// Package nist reads the response files of NIST's Cryptographic Algorithm Validation
// Program for byte-oriented hash functions in testdata/nist. It is for tests and holds
// whole files in memory.
//
// The format is described in "The Secure Hash Algorithm Validation System (SHAVS)":
// lines of "Key = value", comments (#), parameters in brackets and blank lines, with
// CRLF line ends.
//
//	f, err := os.Open("testdata/nist/sha1/SHA1ShortMsg.rsp")
//	...
//	messages, err := nist.ReadMessages(f)
package nist

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A Message is a case in a ShortMsg or LongMsg file.
type Message struct {
	Line   int    // line number of the digest, from 1
	Data   []byte // truncated to the length that the file gives
	Digest []byte
}

// A MonteCarlo is a Monte file: a seed and the chain of digests that starts from it;
// see Step.
type MonteCarlo struct {
	Seed    []byte
	Digests [][]byte
}

// ReadMessages reads a ShortMsg or LongMsg file. It is an error if a message is shorter
// than its Len, or if Len is not a multiple of 8.
func ReadMessages(r io.Reader) ([]Message, error) {
	var (
		messages []Message
		length   int
		data     []byte
	)
	err := readFields(r, func(line int, key, value string) (err error) {
		switch key {
		case "Len":
			length, err = parseLength(value)
		case "Msg":
			data, err = parseMessage(value, length)
		case "MD":
			var digest []byte
			digest, err = hex.DecodeString(value)
			messages = append(messages, Message{Line: line, Data: data, Digest: digest})
		}
		return err
	})
	return messages, err
}

// ReadMonteCarlo reads a Monte file.
func ReadMonteCarlo(r io.Reader) (MonteCarlo, error) {
	var m MonteCarlo
	err := readFields(r, func(_ int, key, value string) (err error) {
		switch key {
		case "Seed":
			m.Seed, err = hex.DecodeString(value)
		case "MD":
			var digest []byte
			digest, err = hex.DecodeString(value)
			m.Digests = append(m.Digests, digest)
		}
		return err
	})
	return m, err
}

// Step returns the digest that follows seed in a Monte Carlo chain: a thousand
// iterations of hashing the last three digests, which are initially all seed (SHAVS,
// figure 1). The result is the seed of the next step.
func Step(seed []byte, sum func(message []byte) []byte) []byte {
	window := [3][]byte{seed, seed, seed}
	for range 1000 {
		message := make([]byte, 0, 3*len(seed))
		for _, digest := range window {
			message = append(message, digest...)
		}
		window = [3][]byte{window[1], window[2], sum(message)}
	}
	return window[2]
}

// readFields calls field for each "key = value" line of a response file.
func readFields(r io.Reader, field func(line int, key, value string) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // a long message is on one line
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' || text[0] == '[' {
			continue
		}
		key, value, found := strings.Cut(text, " = ")
		if !found {
			return fmt.Errorf("line %d: not a field: %q", n, text)
		}
		if err := field(n, key, value); err != nil {
			return fmt.Errorf("line %d: %s: %w", n, key, err)
		}
	}
	return lines.Err()
}

// parseLength converts bits to bytes.
func parseLength(value string) (int, error) {
	bits, err := strconv.Atoi(value)
	if err != nil {
		return 0, err
	}
	if bits < 0 || bits%8 != 0 {
		return 0, fmt.Errorf("%d bits are not whole bytes", bits)
	}
	return bits / 8, nil
}

// parseMessage decodes a message. The empty message is written as the byte 00, so only
// the length says where it ends.
func parseMessage(value string, length int) ([]byte, error) {
	data, err := hex.DecodeString(value)
	if err != nil {
		return nil, err
	}
	if len(data) < length {
		return nil, fmt.Errorf("%d bytes of %d", len(data), length)
	}
	return data[:length], nil
}
