package helm

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/Masterminds/sprig/v3"
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
}

func newDraws(wild bool) *draws { return &draws{state: seed(), wild: wild} }

// functions are those of templates that would give another text at each call, or take seconds for a key. (What Helm removes
// from Sprig's functions, env, expandenv and getHostByName, is removed here, too.)
func (d *draws) functions() template.FuncMap {
	const small, capital, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	of := func(letters string) func(int) string { return func(count int) string { return d.text(count, letters) } }
	functions := template.FuncMap{
		"uuidv4":       d.uuid,
		"randAlphaNum": of(small + capital + digits),
		"randAlpha":    of(small + capital),
		"randAscii": func(count int) string {
			if d.wild {
				return d.text(count, ascii)
			}
			return d.text(count, small+capital+digits)
		},
		"randNumeric": of(digits),
		"randBytes":   func(count int) string { return base64.StdEncoding.EncodeToString(d.bytes(count)) },
		"randInt":     func(least, most int) int { return least + int(d.next()%uint64(max(most-least, 1))) },
		"shuffle": func(text string) string {
			letters := []rune(text)
			d.shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
			return string(letters)
		},
		"bcrypt": func(string) string { return d.bcrypt() },
		"htpasswd": func(user, _ string) string {
			if strings.Contains(user, ":") {
				return "invalid username: " + user
			}
			return user + ":" + d.bcrypt()
		},
		"encryptAES":    d.encrypt,
		"genPrivateKey": d.privateKey,
		"keys":          d.keys,
		"values":        d.values,
	}
	for _, name := range []string{"genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey"} {
		functions[name] = func(...any) any { return d.certificate(name) }
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

func (d *draws) text(count int, letters string) string {
	out := make([]byte, bounded(count))
	for i := range out {
		out[i] = letters[d.next()%uint64(len(letters))]
	}
	return d.keep(string(out))
}

// keep remembers a text that is long enough to be told from others.
func (d *draws) keep(text string) string {
	if len(text) >= 6 {
		d.texts = append(d.texts, text)
	}
	return text
}

func (d *draws) bytes(count int) []byte {
	out := make([]byte, bounded(count))
	for i := range out {
		out[i] = byte(d.next())
	}
	return out
}

// bounded is a length that a text in an object can have.
func bounded(count int) int { return min(max(count, 0), 1<<20) }

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

func (d *draws) bcrypt() string {
	return d.keep("$2a$10$" + d.text(53, "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"))
}

// encrypt is Sprig's encryptAES (crypto.go), so that decryptAES gives the text back.
func (d *draws) encrypt(password, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	key := make([]byte, 32)
	copy(key, password)
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	padding := aes.BlockSize - len(text)%aes.BlockSize
	content := append([]byte(text), bytes.Repeat([]byte{byte(padding)}, padding)...)
	start := d.bytes(aes.BlockSize)
	sealed := make([]byte, len(content))
	cipher.NewCBCEncrypter(block, start).CryptBlocks(sealed, content)
	return d.keep(base64.StdEncoding.EncodeToString(append(start, sealed...))), nil
}

// keyForms are the words of a key's PEM, how its base64 begins, and how many letters that has.
var keyForms = map[string]struct {
	words, begin string
	letters      int
}{
	"": {"RSA PRIVATE KEY", "MIIJKAIBAAKCAgEA", 3136}, "rsa": {"RSA PRIVATE KEY", "MIIJKAIBAAKCAgEA", 3136},
	"dsa": {"DSA PRIVATE KEY", "MIIDVgIBAAKCAQEA", 1140}, "ecdsa": {"EC PRIVATE KEY", "MHcCAQEEI", 164}, "ed25519": {"PRIVATE KEY", "MC4CAQAwBQYDK2VwBCIEI", 64},
}

func (d *draws) privateKey(kind string) string {
	form, known := keyForms[kind]
	if !known {
		return "Unknown type " + kind
	}
	return d.pem(form.words, form.begin, form.letters)
}

// pem has the form of a key or certificate, and is none.
func (d *draws) pem(words, begin string, letters int) string {
	text := begin + d.text(letters-len(begin), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
	var out strings.Builder
	fmt.Fprintf(&out, "-----BEGIN %s-----\n", words)
	for line := range slices.Chunk([]byte(text), 64) {
		out.Write(line)
		out.WriteByte('\n')
	}
	fmt.Fprintf(&out, "-----END %s-----\n", words)
	return d.keep(out.String())
}

// certificate is of the type that Sprig's function of that name gives.
func (d *draws) certificate(function string) any {
	of := reflect.TypeOf(sprig.TxtFuncMap()[function]).Out(0)
	made := reflect.New(of).Elem()
	made.FieldByName("Cert").SetString(d.pem("CERTIFICATE", "MIIDDTCCAfWgAwIBAgIQ", 1040))
	made.FieldByName("Key").SetString(d.pem("RSA PRIVATE KEY", "MIIEowIBAAKCAQEA", 1588))
	return made.Interface()
}

// keys are those of tables, in an order that stays, or in any.
func (d *draws) keys(tables ...map[string]any) []string {
	var all []string
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
