// Package rowmap is a hash table of rows in memory. A row is found by its key, and with all others whose keys begin
// alike, and all rows are read in the order of their keys.
package rowmap

import (
	"bytes"
	"hash/maphash"
	"iter"
)

// A Map holds rows, of each key the last value. Rows whose keys begin alike may be a group. The keys and values
// that it returns are parts of it: they are valid until the next Put or Clear. Any number of goroutines may read it
// as long as none changes it.
type Map struct {
	seed   maphash.Seed
	octets []byte // keys and values
	rows   []row
	keys   []uint32 // hash tables with linear probing: 1 + the place in rows, of a key, 0: free
	groups []uint32 // and of the newest row of a group
}

// row is where a row stands in the octets of its map: the key, and behind it the value.
type row struct {
	hash       uint32 // of the key
	at         uint32
	group      uint16 // how many octets of the key a group has in common
	key, value uint16 // in octets
	before     uint32 // 1 + the place of the row before it in its group; 0: there is none
}

// firstSlots is how many slots the tables of a map begin with.
const firstSlots = 1 << 10

// New returns a map without rows.
func New() *Map {
	return &Map{seed: maphash.MakeSeed(), keys: make([]uint32, firstSlots), groups: make([]uint32, firstSlots)}
}

// Len returns how many rows there are.
func (m *Map) Len() int { return len(m.rows) }

// Size returns how many octets the keys and values take, with the rows that were replaced by longer ones.
func (m *Map) Size() int { return len(m.octets) }

func (m *Map) keyOf(r *row) []byte { return m.octets[r.at:][:r.key] }

func (m *Map) valueOf(r *row) []byte { return m.octets[r.at+uint32(r.key):][:r.value] }

func (m *Map) hash(octets []byte) uint32 { return uint32(maphash.Bytes(m.seed, octets)) }

// slotOf returns the slot of a key in its table: that of its row, or a free one.
func (m *Map) slotOf(key []byte, hash uint32) *uint32 {
	for i := hash; ; i++ {
		slot := &m.keys[i&uint32(len(m.keys)-1)]
		if *slot == 0 {
			return slot
		}
		if r := &m.rows[*slot-1]; r.hash == hash && bytes.Equal(m.keyOf(r), key) {
			return slot
		}
	}
}

// groupSlotOf is slotOf for a group.
func (m *Map) groupSlotOf(group []byte) *uint32 {
	for i := m.hash(group); ; i++ {
		slot := &m.groups[i&uint32(len(m.groups)-1)]
		if *slot == 0 {
			return slot
		}
		if r := &m.rows[*slot-1]; int(r.group) == len(group) && bytes.HasPrefix(m.keyOf(r), group) {
			return slot
		}
	}
}

// Put puts a row in, or replaces its value. group is how many octets of the key the keys of its group have in common;
// 0: it has none. It is the same each time. A key has at least one octet. Key and value have less than 64 KiB, and all
// rows together less than 4 GiB.
func (m *Map) Put(key []byte, group int, value []byte) {
	hash := m.hash(key)
	slot := m.slotOf(key, hash)
	if *slot > 0 {
		m.change(&m.rows[*slot-1], key, value)
		return
	}
	r := row{hash: hash, at: uint32(len(m.octets)), group: uint16(group), key: uint16(len(key)), value: uint16(len(value))}
	m.octets = append(append(m.octets, key...), value...)
	*slot = uint32(len(m.rows) + 1)
	if group > 0 {
		newest := m.groupSlotOf(key[:group])
		r.before, *newest = *newest, uint32(len(m.rows)+1)
	}
	m.rows = append(m.rows, r)
	if 2*len(m.rows) > len(m.keys) {
		m.grow()
	}
}

// change replaces a value, in place if it is not longer.
func (m *Map) change(r *row, key, value []byte) {
	if len(value) > int(r.value) {
		r.at = uint32(len(m.octets))
		m.octets = append(append(m.octets, key...), value...)
	} else {
		copy(m.octets[r.at+uint32(r.key):], value)
	}
	r.value = uint16(len(value))
}

// grow doubles the tables.
func (m *Map) grow() {
	groups := m.groups
	m.keys, m.groups = make([]uint32, 2*len(m.keys)), make([]uint32, 2*len(groups))
	for i := range m.rows {
		*m.slotOf(m.keyOf(&m.rows[i]), m.rows[i].hash) = uint32(i + 1)
	}
	for _, newest := range groups {
		if newest > 0 {
			r := &m.rows[newest-1]
			*m.groupSlotOf(m.keyOf(r)[:r.group]) = newest
		}
	}
}

// Get returns the value of a key, which may be empty; nil if there is no such row.
func (m *Map) Get(key []byte) []byte {
	slot := *m.slotOf(key, m.hash(key))
	if slot == 0 {
		return nil
	}
	return m.valueOf(&m.rows[slot-1])
}

// Group yields the rows of a group, by key and value, the newest first.
func (m *Map) Group(group []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for next := *m.groupSlotOf(group); next > 0; {
			r := &m.rows[next-1]
			if !yield(m.keyOf(r), m.valueOf(r)) {
				return
			}
			next = r.before
		}
	}
}

// All yields all rows, by key and value, in the order in which their keys came.
func (m *Map) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for i := range m.rows {
			if r := &m.rows[i]; !yield(m.keyOf(r), m.valueOf(r)) {
				return
			}
		}
	}
}

// Clear takes all rows out, and keeps the room that they had.
func (m *Map) Clear() {
	m.octets, m.rows = m.octets[:0], m.rows[:0]
	clear(m.keys)
	clear(m.groups)
}
