/* The jobs of the benchmark on libcurl's easy interface and nothing else: what
** the wire itself costs. Answers are thrown away, nothing is decoded. For `cat`
** libcurl only connects: head and stream are sent and received as they are.
**
**   plain JOB ARGUMENTS...    DOCKER_HOST is the engine, unix:///path
**
** Prints one number: how much was done, in bytes or in times. */
#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { KEPT = 4096, CHUNK = 64 * 1024 };

typedef struct Answer {
  char start[KEPT]; /* the first bytes, where an id is looked for */
  size_t kept;
  long long size;   /* all bytes */
} Answer;

static CURL *easy;
static char version[16]; /* "1.51", as the ping's answer says */

static void fail(const char *what, const char *why) {
  fprintf(stderr, "plain: %s: %s\n", what, why);
  exit(1);
}

static size_t on_body(char *bytes, size_t one, size_t n, void *user) {
  Answer *answer = user;
  size_t room = KEPT - 1 - answer->kept;
  size_t part = n < room ? n : room;
  memcpy(answer->start + answer->kept, bytes, part);
  answer->kept += part;
  answer->size += (long long)n;
  return one * n;
}

static size_t on_header(char *line, size_t one, size_t n, void *user) {
  (void)user;
  static const char name[] = "Api-Version: ";
  size_t length = sizeof name - 1;
  if (n > length && memcmp(line, name, length) == 0) {
    size_t i = 0;
    for (const char *at = line + length; *at > ' ' && i < sizeof version - 1;)
      version[i++] = *at++;
    version[i] = '\0';
  }
  return one * n;
}

/* Send what the handle was set up for, to a target without a version. */
static Answer perform(const char *method, const char *target) {
  Answer answer = {.kept = 0};
  char url[1024];
  long status = 0;
  snprintf(url, sizeof url, "http://localhost%s", target);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
  CURLcode code = curl_easy_perform(easy);
  if (code != CURLE_OK) fail(target, curl_easy_strerror(code));
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer.start[answer.kept] = '\0';
  if (status >= 400) fail(target, answer.start);
  return answer;
}

/* One call without or with a body of JSON. */
static Answer call(const char *method, const char *json, const char *target) {
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
  char versioned[1024];
  snprintf(versioned, sizeof versioned, "/v%s%s", version, target);
  if (json != NULL)
    headers = curl_slist_append(headers, "Content-Type: application/json");
  if (strcmp(method, "POST") == 0)
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, json != NULL ? json : "");
  else
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  Answer answer = perform(method, versioned);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
  curl_slist_free_all(headers);
  return answer;
}

static void open_handle(void) {
  const char *host = getenv("DOCKER_HOST");
  if (host == NULL || strncmp(host, "unix://", 7) != 0)
    fail("DOCKER_HOST", "must be unix:///path");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  easy = curl_easy_init();
  if (easy == NULL) fail("libcurl", "no handle");
  curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, host + 7);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  perform("HEAD", "/_ping");
  curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, NULL);
}

/* GET the same target `times` times; the number of answers. */
static long long repeat(const char *target, int times) {
  for (int i = 0; i < times; i++) call("GET", NULL, target);
  return times;
}

static long long upload(const char *target, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) fail(path, "cannot be opened");
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
  headers = curl_slist_append(headers, "Content-Type: application/x-tar");
  char versioned[1024];
  snprintf(versioned, sizeof versioned, "/v%s%s", version, target);
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_READDATA, file);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)size);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  perform("PUT", versioned);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
  curl_slist_free_all(headers);
  fclose(file);
  return size;
}

/* The id that an answer to a create begins with. */
static void id_of(const Answer *created, char id[65]) {
  const char *at = strstr(created->start, "\"Id\":\"");
  if (at == NULL || sscanf(at + 6, "%64[0-9a-f]", id) != 1)
    fail("create", "no id");
}

/* Create, start, wait, read the output, delete. */
static void run_once(const char *image) {
  char json[512], target[512], id[65] = "";
  snprintf(json, sizeof json,
           "{\"Image\":\"%s\",\"Cmd\":[\"echo\",\"hello\"],"
           "\"HostConfig\":{\"NetworkMode\":\"none\"}}",
           image);
  Answer created = call("POST", json, "/containers/create");
  id_of(&created, id);
  snprintf(target, sizeof target, "/containers/%s/start", id);
  call("POST", NULL, target);
  snprintf(target, sizeof target, "/containers/%s/wait", id);
  call("POST", NULL, target);
  snprintf(target, sizeof target, "/containers/%s/logs?stdout=1&stderr=1", id);
  if (call("GET", NULL, target).size == 0) fail("logs", "no output");
  snprintf(target, sizeof target, "/containers/%s?force=1&v=1", id);
  call("DELETE", NULL, target);
}

/* A connection on which libcurl sends nothing, and its socket. */
static CURL *connect_only(curl_socket_t *fd) {
  CURL *raw = curl_easy_duphandle(easy);
  if (raw == NULL) fail("libcurl", "no handle");
  curl_easy_setopt(raw, CURLOPT_URL, "http://localhost/");
  curl_easy_setopt(raw, CURLOPT_CONNECT_ONLY, 1L);
  CURLcode code = curl_easy_perform(raw);
  if (code != CURLE_OK) fail("connect", curl_easy_strerror(code));
  curl_easy_getinfo(raw, CURLINFO_ACTIVESOCKET, fd);
  return raw;
}

/* Send what the socket takes of the `size` bytes; how much that was. */
static size_t send_part(CURL *raw, const char *bytes, size_t size) {
  size_t n = 0;
  CURLcode code = curl_easy_send(raw, bytes, size, &n);
  if (code != CURLE_OK && code != CURLE_AGAIN)
    fail("send", curl_easy_strerror(code));
  return n;
}

/* Read and forget until there is nothing; false at the end of the stream. */
static int receive(CURL *raw, long long *received) {
  static char bytes[CHUNK];
  size_t n;
  CURLcode code;
  while ((code = curl_easy_recv(raw, bytes, sizeof bytes, &n)) == CURLE_OK) {
    if (n == 0) return 0;
    *received += (long long)n;
  }
  if (code != CURLE_AGAIN) fail("receive", curl_easy_strerror(code));
  return 1;
}

/* Send `left` bytes and end, receive until the peer ends: the bytes received,
** frames, head and all. */
static long long exchange(CURL *raw, curl_socket_t fd, long long left) {
  static const char bytes[CHUNK];
  long long received = 0;
  struct pollfd wait = {.fd = fd, .events = POLLIN | POLLOUT};
  do {
    if (left > 0) {
      size_t part = left < CHUNK ? (size_t)left : CHUNK;
      left -= (long long)send_part(raw, bytes, part);
      if (left == 0) {
        shutdown(fd, SHUT_WR);
        wait.events = POLLIN;
      }
    }
    if (!receive(raw, &received)) return received;
  } while (poll(&wait, 1, -1) > 0);
  fail("poll", "failed");
  return 0;
}

/* `size` bytes to a `cat` in the container, and back. */
static long long cat(const char *container, long long size) {
  static const char json[] = "{\"AttachStdin\":true,\"AttachStdout\":true,"
                             "\"AttachStderr\":true,\"Cmd\":[\"cat\"]}";
  static const char body[] = "{\"Detach\":false,\"Tty\":false}";
  char target[512], head[512], id[65] = "";
  curl_socket_t fd;
  snprintf(target, sizeof target, "/containers/%s/exec", container);
  Answer created = call("POST", json, target);
  id_of(&created, id);
  CURL *raw = connect_only(&fd);
  int n = snprintf(head, sizeof head,
                   "POST /v%s/exec/%s/start HTTP/1.1\r\nHost: localhost\r\n"
                   "Connection: Upgrade\r\nUpgrade: tcp\r\n"
                   "Content-Type: application/json\r\n"
                   "Content-Length: %zu\r\n\r\n%s",
                   version, id, sizeof body - 1, body);
  if (send_part(raw, head, (size_t)n) != (size_t)n) fail("send", "cut short");
  long long received = exchange(raw, fd, size);
  curl_easy_cleanup(raw);
  return received;
}

static const char *argument(int argc, char **argv, int i) {
  if (i >= argc) fail(argv[1], "an argument is missing");
  return argv[i];
}

static long long work(int argc, char **argv) {
  const char *job = argument(argc, argv, 1);
  const char *first = argc > 2 ? argv[2] : "";
  char target[512];
  if (strcmp(job, "list") == 0) return repeat("/containers/json", 1);
  if (strcmp(job, "list_all") == 0)
    return repeat("/containers/json?all=1", atoi(first));
  if (strcmp(job, "inspect") == 0) {
    snprintf(target, sizeof target, "/containers/%s/json", first);
    return repeat(target, atoi(argument(argc, argv, 3)));
  }
  if (strcmp(job, "logs") == 0) {
    snprintf(target, sizeof target, "/containers/%s/logs?stdout=1&stderr=1",
             first);
    return call("GET", NULL, target).size;
  }
  if (strcmp(job, "save") == 0) {
    snprintf(target, sizeof target, "/images/%s/get", first);
    return call("GET", NULL, target).size;
  }
  if (strcmp(job, "get") == 0) {
    snprintf(target, sizeof target, "/containers/%s/archive?path=%s", first,
             argument(argc, argv, 3));
    return call("GET", NULL, target).size;
  }
  if (strcmp(job, "put") == 0) {
    snprintf(target, sizeof target, "/containers/%s/archive?path=/tmp", first);
    return upload(target, argument(argc, argv, 3));
  }
  if (strcmp(job, "cat") == 0)
    return cat(first, atoll(argument(argc, argv, 3)));
  if (strcmp(job, "run") == 0) {
    int times = atoi(argument(argc, argv, 3));
    for (int i = 0; i < times; i++) run_once(first);
    return times;
  }
  fail(job, "no such job");
  return 0;
}

int main(int argc, char **argv) {
  open_handle();
  printf("%lld\n", work(argc, argv));
  curl_easy_cleanup(easy);
  curl_global_cleanup();
  return 0;
}
