package helm

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/google/uuid"
)

// seed is a number that is drawn once a run: what Helm would make anew at each install comes from it, so that a chart renders
// the same twice, and no template can foresee it.
var seed = sync.OnceValue(func() uint64 {
	sum := sha256.Sum256([]byte(rand.Text()))
	return binary.BigEndian.Uint64(sum[:])
})

// draws are what a rendering draws: passwords, keys and the order of tables, in the forms that Helm gives them, and another
// one at each call as there. A template that could tell them from Helm's would render something else here.
type draws struct {
	state uint64
	// texts are those that were drawn, which findings do not show.
	texts []string
	// wild draws all letters and any order, as Helm does; otherwise what could break YAML is left out, and tables are in order.
	wild bool
	// made is what earlier renderings of the chart had made, and calls counts those of this one.
	made  map[string][]reflect.Value
	calls int
}

func newDraws(wild bool, made map[string][]reflect.Value) *draws {
	return &draws{state: seed(), wild: wild, made: made}
}

// functions are those of templates that would give another text at each call, or take seconds for a key. (What Helm removes
// from Sprig's functions, env, expandenv and getHostByName, is removed here, too.)
func (d *draws) functions() template.FuncMap {
	const small, capital, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	of := func(letters string) func(int) (string, error) {
		return func(count int) (string, error) { return d.text(count, letters) }
	}
	functions := template.FuncMap{
		"uuidv4":       d.uuid,
		"randAlphaNum": of(small + capital + digits),
		"randAlpha":    of(small + capital),
		"randAscii": func(count int) (string, error) {
			if d.wild {
				return d.text(count, ascii)
			}
			return d.text(count, small+capital+digits)
		},
		"randNumeric": of(digits),
		"randBytes": func(count int) (string, error) {
			if count > maxDrawn {
				return "", errDrawn
			}
			return base64.StdEncoding.EncodeToString(d.bytes(max(count, 0))), nil
		},
		"randInt": func(least, most int) (int, error) {
			if most <= least {
				return 0, errors.New("randInt: the second number is not above the first") // where Sprig's breaks down
			}
			return least + int(d.next()%uint64(most-least)), nil
		},
		"shuffle": func(text string) string {
			letters := []rune(text)
			d.shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
			return string(letters)
		},
		"keys":   d.keys,
		"values": d.values,
	}
	for _, name := range []string{"bcrypt", "htpasswd", "encryptAES", "genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey"} {
		functions[name] = d.once(name)
	}
	return functions
}

var ascii = func() string {
	var letters strings.Builder
	for c := byte(' '); c < 127; c++ {
		letters.WriteByte(c)
	}
	return letters.String()
}()

func (d *draws) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// maxDrawn bounds a text that is drawn: more is refused, since a shorter one would be another.
const maxDrawn = 1 << 20

var errDrawn = fmt.Errorf("a text of more than %d letters is not drawn here", maxDrawn)

func (d *draws) text(count int, letters string) (string, error) {
	if count > maxDrawn {
		return "", errDrawn
	}
	out := make([]byte, max(count, 0))
	for i := range out {
		out[i] = letters[d.next()%uint64(len(letters))]
	}
	return d.keep(string(out)), nil
}

// keep remembers a text that is long enough to be told from others.
func (d *draws) keep(text string) string {
	if len(text) >= 6 {
		d.texts = append(d.texts, text)
	}
	return text
}

func (d *draws) bytes(count int) []byte {
	out := make([]byte, count)
	for i := range out {
		out[i] = byte(d.next())
	}
	return out
}

func (d *draws) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, int(d.next()%uint64(i+1)))
	}
}

func (d *draws) uuid() string {
	id, _ := uuid.FromBytes(d.bytes(16))
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // of version 4
	return id.String()
}

// keys are those of tables, in an order that stays, or in any.
func (d *draws) keys(tables ...map[string]any) []string {
	all := []string{}
	for _, table := range tables {
		all = append(all, slices.Sorted(maps.Keys(table))...)
	}
	if d.wild {
		d.shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	return all
}

func (d *draws) values(table map[string]any) []any {
	all := make([]any, 0, len(table))
	for _, key := range d.keys(table) {
		all = append(all, table[key])
	}
	return all
}
