package main

import (
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// summarize prints the verdicts by package, and then what is to be done.
func summarize(w io.Writer, results []result) {
	byPkg := map[string][]result{}
	for _, r := range results {
		byPkg[r.pkg()] = append(byPkg[r.pkg()], r)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say(table, "\npackage\tplanted\tcaught\tof these hang\tof these stale\tsurvived\tdo not build\n")
	for _, pkg := range slices.Sorted(maps.Keys(byPkg)) {
		row(table, pkg, byPkg[pkg])
	}
	row(table, "all", results)
	_ = table.Flush() // as say

	list(w, results, survived, "survived: no test of the package fails")
	list(w, results, unbuilt, "do not build: the compiler refuses the edit")
	list(w, results, stale, "stale: the tests that the edit names pass, others fail")
}

func row(w io.Writer, name string, rs []result) {
	all := count(rs, caught) + count(rs, hung) + count(rs, stale)
	say(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", name,
		len(rs), all, count(rs, hung), count(rs, stale), count(rs, survived), count(rs, unbuilt))
}

func count(rs []result, v verdict) int {
	n := 0
	for _, r := range rs {
		if r.verdict == v {
			n++
		}
	}
	return n
}

// list prints the results with verdict v under a title, if there are any.
func list(w io.Writer, results []result, v verdict, title string) {
	if count(results, v) == 0 {
		return
	}
	say(w, "\n%s\n", title)
	for _, r := range results {
		if r.verdict != v {
			continue
		}
		say(w, "  %s: %s: %s\n", r.at, r.id, r.what)
		if v == stale {
			say(w, "    test: %s, but failed: %s\n", r.test, r.detail)
		} else if r.detail != "" {
			say(w, "%s\n", r.detail)
		}
	}
}
