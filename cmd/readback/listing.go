package main

import (
	"encoding/json"
	"errors"
	"io"
	"text/tabwriter"
)

// listing shows a list whose items come one by one: as a table or, with asJSON, as a line of JSON for each. The head
// of the table comes with the first item, so that an error is not below an empty table.
type listing struct {
	to     io.Writer
	asJSON bool
	head   []any // nil once it is written
	table  *tabwriter.Writer
}

func newListing(to io.Writer, asJSON bool, head ...any) *listing {
	return &listing{to, asJSON, head, tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)}
}

// add shows an item, which has these cells in the table.
func (l *listing) add(item any, cells ...any) error {
	if l.asJSON {
		line, err := json.Marshal(item)
		say(l.to, "%s\n", line)
		return err
	}
	l.begin()
	row(l.table, cells...)
	return nil
}

// begin writes the head, unless it has been written.
func (l *listing) begin() {
	if l.head != nil {
		row(l.table, l.head...)
	}
	l.head = nil
}

// end ends the list, which ended with err. The table of an empty list has its head alone.
func (l *listing) end(err error) error {
	if err == nil && !l.asJSON {
		l.begin()
	}
	return errors.Join(err, l.table.Flush())
}
