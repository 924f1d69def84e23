package ledger

// list is the heads of a shard with numbers out.
type list struct{ oldest, newest *head }

// push makes h the newest.
func (l *list) push(h *head) {
	h.older, h.newer = l.newest, nil
	if l.newest != nil {
		l.newest.newer = h
	} else {
		l.oldest = h
	}
	l.newest = h
}

func (l *list) remove(h *head) {
	if h.older != nil {
		h.older.newer = h.newer
	} else {
		l.oldest = h.newer
	}
	if h.newer != nil {
		h.newer.older = h.older
	} else {
		l.newest = h.older
	}
	h.older, h.newer = nil, nil
}
