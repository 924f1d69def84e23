package cdr

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const dayForm = "20060102"

// named is a file of lines.
type named struct {
	name   string
	number int
	day    time.Time
}

// nameOf returns the name of a file: cdr-20261130-000001.jsonl. The number goes on from day to day.
func nameOf(day time.Time, number int) string {
	return fmt.Sprintf("cdr-%s-%06d.jsonl", day.UTC().Format(dayForm), number)
}

// parseName is the way back from nameOf.
func parseName(name string) (day time.Time, number int, ok bool) {
	rest, isOurs := strings.CutPrefix(name, "cdr-")
	rest, isLines := strings.CutSuffix(rest, ".jsonl")
	of, n, _ := strings.Cut(rest, "-")
	day, err := time.Parse(dayForm, of)
	if err != nil || !isOurs || !isLines {
		return time.Time{}, 0, false
	}
	number, err = strconv.Atoi(n)
	return day, number, err == nil && number > 0 && nameOf(day, number) == name
}

// list returns the files of lines in the directory, by number.
func (d *files) list() (all []named, err error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if day, number, ok := parseName(e.Name()); ok && e.Type().IsRegular() {
			all = append(all, named{e.Name(), number, day})
		}
	}
	slices.SortFunc(all, func(a, b named) int { return cmp.Compare(a.number, b.number) })
	return all, nil
}

// expire removes the files of days that ended before a time, except the last one.
func (d *files) expire(before time.Time) error {
	all, err := d.list()
	for _, f := range all {
		if f.name != d.position.Name && f.day.Add(24*time.Hour).Before(before) {
			err = errors.Join(err, os.Remove(filepath.Join(d.dir, f.name)))
		}
	}
	return err
}
