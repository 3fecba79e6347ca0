// Package atomicfile writes files atomically: a name refers to the old file or the
// complete new one, whatever happens to the process. It detects targets that can't be
// replaced before the work begins, removes temporary files on signals, and keeps the
// results elsewhere if the last step fails.
//
// It replaces files that are empty or contain earlier output, others only with
// Options.Force. The caller knows what output looks like and reports errors.
package atomicfile
