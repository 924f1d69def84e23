package setting

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
)

var prefixes = reflect.TypeFor[[]netip.Prefix]()

// items reads a list. In the environment and in flags, commas separate the items.
func (f Field) items(v any, text bool) (any, *Problem) {
	list, ok := v.([]any)
	if s, isText := v.(string); isText && text {
		list, ok = split(s), true
	}
	switch {
	case !ok:
		return nil, f.wrongType(v)
	case text && len(list) == 0 && v != "[]":
		// An unset variable must not turn a list of allowed peers into an empty one, which
		// allows all.
		return nil, &Problem{"no value", f.Wanted() + "; or [] for none"}
	}
	return f.readItems(list)
}

// readItems reads all items, and says of each that is wrong what is.
func (f Field) readItems(list []any) (any, *Problem) {
	var wrong Problems
	to := reflect.Zero(f.Type) // an empty list is none
	seen := make(map[any]bool, len(list))
	for _, one := range list {
		w, isText := one.(string)
		if !isText {
			wrong.Add("found "+KindOf(one)+" in the list", f.Wanted())
			continue
		}
		item, p := f.item(w)
		switch {
		case p != nil:
			wrong.Add(fmt.Sprintf("%q: %s", Shorten(w), p.What), p.Hint)
			continue
		case seen[item]:
			wrong.Add(fmt.Sprintf("%q stands twice in the list", Shorten(w)), "leave one of them out")
			continue
		}
		seen[item] = true
		to = reflect.Append(to, reflect.ValueOf(item))
	}
	if p := wrong.Joined(); p != nil {
		return nil, p
	}
	return to.Interface(), nil
}

// item reads one item of a list.
func (f Field) item(w string) (any, *Problem) {
	switch {
	case f.Type == prefixes:
		return parsePrefix(w)
	case f.hasTextItems():
		return readItself(f.Type.Elem(), w)
	}
	if p := f.checkWord(w); p != nil {
		return nil, p
	}
	return w, f.checkForm(w)
}

// split divides a list on one line, with or without the brackets of YAML. It returns nil if
// the list is empty.
func split(s string) []any {
	if inner, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(inner, "]") {
		s = strings.TrimSuffix(inner, "]")
	}
	if strings.TrimSpace(s) == "" {
		return nil
	}
	var all []any
	for w := range strings.SplitSeq(s, ",") {
		all = append(all, strings.TrimSpace(w))
	}
	return all
}

// parsePrefix reads a network, or an address as a network of one address. It refuses a
// network that matches other addresses than its text suggests.
func parsePrefix(s string) (netip.Prefix, *Problem) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return p, &Problem{"neither an IP address nor a network", "192.0.2.7, 10.1.0.0/16 or 2001:db8::/32"}
	case p.Addr().Is4In6():
		return p, &Problem{"a network of IPv4 written as IPv6", "as IPv4, such as 10.1.0.0/16"}
	case p != p.Masked():
		return p, &Problem{"an address with a length is not a network", p.Masked().String() + ", or the address alone"}
	}
	return p, nil
}
