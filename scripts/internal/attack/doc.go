// Command attack looks for what psha1sum does wrong: wrong digests, results that
// are lost, files that must not be read, hangs and crashes. It runs the real
// program, and GNU's beside it, in random settings on random files, while others
// change them, and compares.
//
// A family of attacks is an entry in families (families.go) and files of its
// name. It runs one trial after the other until the time is over. All that is
// random in a trial comes from the seed, the family and the trial's number, so a
// trial can be run again alone; what depends on who comes first, of course, can
// be otherwise then.
//
//	digests.go         files that keep still, in every setting
//	digests_moving.go  files that grow, shrink or are replaced meanwhile
//	digests_fuse.go    file systems that answer strangely, or slowly to few threads
//	check.go           manifests against GNU: the tests' generator, and giants
//	beneath.go         links put in the place of what is being read
//	cache.go           --cache: edits, kills, damage; cache_writers.go has writers
//	                   that no time of change tells of, cache_large.go breaks off
//	                   and goes on
//	output.go          --output and reports: killed, and to strange targets
//	soak.go            some of all that, on a busy machine
//
// The rest is what they share: trial.go, command.go (a child and its deadline),
// confine.go (what a child is denied), pool.go (files and GNU's digests of them)
// and report.go.
//
// It is run through scripts/attack, which builds what it needs.
package main
