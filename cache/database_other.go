//go:build !linux || (!amd64 && !arm64)

package cache

// On systems other than Linux it isn't known which file systems' timestamps are to be
// believed: see reader.FileSystem. So there is no database either, nor on processors
// on which nobody has tried it.
type database struct{ path string }

func openDatabase(string) (*database, error) { return nil, ErrUnsupported }

func enoughDescriptors() error { return nil }

func (*database) load(groupID) (*group, error) { return nil, ErrUnsupported }

func (*database) store([]key, map[key]entry) error { return ErrUnsupported }

func (*database) close() error { return ErrUnsupported }
