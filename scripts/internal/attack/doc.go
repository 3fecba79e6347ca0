// Command attack looks for bugs in psha1sum: wrong digests, lost results, reads outside
// a tree, hangs and crashes. It runs the real program, and GNU's tools for comparison,
// with random settings on random files while other processes change them.
//
// A family of attacks is an entry in families (families.go) with its own files. It runs
// one trial after another until the time is over. The random numbers of a trial depend
// only on the seed, the family and the trial's number, so a trial can be repeated; its
// timing, of course, may differ.
//
//	digests.go         unchanging files, in every setting
//	digests_moving.go  files that grow, shrink or are replaced meanwhile
//	digests_fuse.go    strange file systems, and slow ones with few threads
//	check.go           manifests compared with GNU: the tests' generator, and giants
//	beneath.go         links exchanged with what is being read
//	cache.go           --cache: edits, kills, damage; cache_writers.go has writers
//	                   that don't change the time of change, cache_large.go
//	                   interrupts and continues
//	output.go          --output and reports: killed, and to strange targets
//	soak.go            some of all of these, on a busy machine
//
// The rest is shared: trial.go, command.go (children and deadlines), confine.go (what a
// child is denied), pool.go (files and GNU's digests) and report.go.
//
// scripts/attack runs it and builds what it needs.
package main
