// world is what lies outside of a cluster: Git over HTTPS, by git's own http-backend; a mail server with
// STARTTLS and passwords; hosts of files; and services that take every request, such as the API of a forge or the
// webhooks of a chat. What it was told it writes to a log, one JSON object a line.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cgi"
	"os"
	"strings"
	"sync"
)

// entry is a line of the log.
type entry struct {
	// Host that was asked for; smtp for mail.
	Host string `json:"host"`
	// Path with its method before it; the recipients of a mail.
	Path string `json:"path"`
	// Body that was sent.
	Body string `json:"body"`
	// Authorization that was shown: a header, or the user of the mail server.
	Authorization string `json:"authorization,omitempty"`
}

var (
	mutex  sync.Mutex
	record *json.Encoder
)

func told(e entry) {
	mutex.Lock()
	defer mutex.Unlock()
	if err := record.Encode(e); err != nil {
		log.Fatal(err)
	}
}

func main() {
	listen := flag.String("listen", "", "addresses for HTTPS, with commas between them")
	mail := flag.String("mail", "", "address of the mail server")
	cert := flag.String("cert", "", "certificate")
	key := flag.String("key", "", "key")
	repositories := flag.String("git", "", "folder of bare repositories")
	private := flag.String("private", "", "repositories below this path are shown to those with the password alone")
	password := flag.String("password", "", "password of private repositories")
	files := map[string]http.Handler{}
	flag.Func("files", "host=folder: what the host serves; may be given again", func(text string) error {
		host, folder, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("want host=folder")
		}
		files[host] = http.FileServer(http.Dir(folder))
		return nil
	})
	heard := flag.String("log", "", "file that is written to")
	flag.Parse()
	file, err := os.Create(*heard)
	if err != nil {
		log.Fatal(err)
	}
	record = json.NewEncoder(file)
	git := &cgi.Handler{Path: "/usr/lib/git-core/git-http-backend", Env: []string{
		"GIT_PROJECT_ROOT=" + *repositories, "GIT_HTTP_EXPORT_ALL=1", "HOME=/root",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*",
	}}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/info/refs") || strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
			if _, shown, _ := r.BasicAuth(); *private != "" && strings.HasPrefix(r.URL.Path, *private) && shown != *password {
				w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			git.ServeHTTP(w, r)
			return
		}
		if server := files[r.Host]; server != nil {
			server.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		told(entry{r.Host, r.Method + " " + r.URL.Path, string(body), r.Header.Get("Authorization")})
		w.WriteHeader(http.StatusCreated)
	})
	for _, address := range strings.Split(*listen, ",") {
		go func() { log.Fatal(http.ListenAndServeTLS(address, *cert, *key, handler)) }()
	}
	listener, err := net.Listen("tcp", *mail)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(serveMail(listener, *cert, *key))
}
