package index

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// keyRange is the keys from first on that are before end.
type keyRange struct {
	first, end []byte
	named      bool // its keys may have an address
}

// purge is what erasures have left to be purged.
type purge struct {
	busy   chan struct{} // has room for the one at work
	paused atomic.Bool   // no compaction may begin

	// Guarded by mu.
	mu     sync.Mutex
	ranges map[string][]keyRange // by what all keys of a group have in common
}

func newPurge() *purge {
	return &purge{busy: make(chan struct{}, 1), ranges: make(map[string][]keyRange)}
}

// note adds keys to those that are to be purged. Of a group with many ranges it keeps one range.
func (p *purge) note(group string, r keyRange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := append(p.ranges[group], keyRange{bytes.Clone(r.first), bytes.Clone(r.end), r.named})
	if len(all) > purgeApart {
		one := all[0]
		for _, r := range all {
			one.add(r)
		}
		all = []keyRange{one}
	}
	p.ranges[group] = all
}

// add makes a range as wide as itself and r together, and all between them.
func (k *keyRange) add(r keyRange) {
	if bytes.Compare(r.first, k.first) < 0 {
		k.first = r.first
	}
	if bytes.Compare(r.end, k.end) > 0 {
		k.end = r.end
	}
	k.named = k.named || r.named
}

// noteKey adds a key to those that are to be purged. common is how many octets it has in common with its group.
func (p *purge) noteKey(key []byte, common int, named bool) {
	p.note(string(key[:common]), keyRange{key, append(bytes.Clone(key), 0), named})
}

// noteAll adds all keys with a prefix that may have an address.
func (p *purge) noteAll() {
	for _, prefix := range []byte{prefixEntry, prefixHead, prefixPart, prefixOwnerTo, prefixSplit, prefixOwner, FeedbackOutbox, EventOutbox} {
		p.note(string(prefix), keyRange{[]byte{prefix}, []byte{prefix + 1}, isNamed(prefix)})
	}
}

// isNamed reports whether the keys with a prefix may have an address.
func isNamed(prefix byte) bool {
	return strings.IndexByte(string([]byte{prefixEntry, prefixHead, prefixPart, prefixOwnerTo, prefixSplit}), prefix) >= 0
}

func (p *purge) isEmpty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ranges) == 0
}

// take returns all that is to be purged, in the order of the keys, and forgets it.
func (p *purge) take() (all []keyRange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, group := range p.ranges {
		all = append(all, group...)
	}
	clear(p.ranges)
	slices.SortFunc(all, func(a, b keyRange) int { return bytes.Compare(a.first, b.first) })
	apart := all[:0]
	for _, r := range all {
		if n := len(apart); n > 0 && bytes.Compare(r.first, apart[n-1].end) < 0 {
			apart[n-1].add(r)
		} else {
			apart = append(apart, r)
		}
	}
	return apart
}

// groupOf returns a group for a range that could not be purged: its kind and its day.
func groupOf(r keyRange) string { return string(r.first[:min(len(r.first), 3)]) }
