import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.icu.ICUFoldingFilter;
import org.apache.lucene.analysis.icu.segmentation.DefaultICUTokenizerConfig;
import org.apache.lucene.analysis.icu.segmentation.ICUTokenizer;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.monitor.HighlightsMatch;
import org.apache.lucene.monitor.Monitor;
import org.apache.lucene.monitor.MonitorQuery;
import org.apache.lucene.monitor.MultiMatchingQueries;
import org.apache.lucene.monitor.MultipassTermFilteredPresearcher;
import org.apache.lucene.monitor.Presearcher;
import org.apache.lucene.monitor.TermFilteredPresearcher;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.util.QueryBuilder;

/**
 * Lucene Monitor over the documents and lists of benchmarks/matching.py, which starts it.
 *
 * <pre>Matching TOKENIZER PASSES WARM MEASURED QUERIES</pre>
 *
 * TOKENIZER is "icu" or "standard"; PASSES is by how many terms the presearcher files a query. WARM and MEASURED are texts, each a 4-byte length and UTF-8; QUERIES has a line a
 * query: a term, or A, B, C, D of (A OR B) AND C NOT D, tab between. Answers each line on standard input with the CPU
 * seconds of this thread, offsets included, the number of matches and of offsets: "match BATCH" with so
 * many documents a call, "warm BATCH COUNT" with the first COUNT of WARM; "pairs FILE" also writes which document holds which query. Garbage collector and compiler
 * have threads of their own: free of charge.
 */
public final class Matching {
  private static final String TEXT = "text";
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  public static void main(String[] arguments) throws IOException {
    Analyzer analyzer = new Folding(arguments[0].equals("icu"));
    int passes = Integer.parseInt(arguments[1]);
    Presearcher presearcher =
        passes == 1 ? new TermFilteredPresearcher() : new MultipassTermFilteredPresearcher(passes);
    try (Monitor monitor = new Monitor(analyzer, presearcher)) {
      double registered = cpu();
      register(monitor, analyzer, Files.readAllLines(Path.of(arguments[4])));
      registered = cpu() - registered;
      Document[] warm = documents(Path.of(arguments[2]));
      Document[] measured = documents(Path.of(arguments[3]));
      System.out.println("ready " + registered);
      BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = commands.readLine(); line != null; line = commands.readLine()) {
        String[] words = line.split(" ");
        if (words[0].equals("warm")) {
          System.out.println(run(monitor, Arrays.copyOf(warm, Integer.parseInt(words[2])), words[1], null));
        } else if (words[0].equals("pairs")) {
          List<String> pairs = new ArrayList<>();
          String figures = run(monitor, measured, "1", pairs);
          Files.write(Path.of(words[1]), pairs);
          System.out.println(figures);
        } else {
          System.out.println(run(monitor, measured, words[1], null));
        }
        System.out.flush();
      }
    }
  }

  private static double cpu() {
    return THREADS.getCurrentThreadCpuTime() / 1e9;
  }

  private static void register(Monitor monitor, Analyzer analyzer, List<String> lines) throws IOException {
    QueryBuilder builder = new QueryBuilder(analyzer);
    Map<String, Query> made = new HashMap<>();
    List<MonitorQuery> queries = new ArrayList<>();
    for (int number = 0; number < lines.size(); number++) {
      Query[] terms = Arrays.stream(lines.get(number).split("\t"))
          .map(term -> made.computeIfAbsent(term, text -> builder.createPhraseQuery(TEXT, text)))
          .toArray(Query[]::new);
      Query query = terms[0];
      if (terms.length == 4) {
        Query either = new BooleanQuery.Builder().add(terms[0], Occur.SHOULD).add(terms[1], Occur.SHOULD).build();
        query = new BooleanQuery.Builder()
            .add(either, Occur.MUST).add(terms[2], Occur.MUST).add(terms[3], Occur.MUST_NOT).build();
      }
      queries.add(new MonitorQuery(Integer.toString(number), query));
    }
    monitor.register(queries);
  }

  private static Document[] documents(Path file) throws IOException {
    FieldType indexed = new FieldType();
    indexed.setIndexOptions(IndexOptions.DOCS_AND_FREQS_AND_POSITIONS_AND_OFFSETS);
    indexed.freeze();
    List<Document> documents = new ArrayList<>();
    try (DataInputStream input = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      while (input.available() > 0) {
        Document document = new Document();
        byte[] text = input.readNBytes(input.readInt());
        document.add(new Field(TEXT, new String(text, StandardCharsets.UTF_8), indexed));
        documents.add(document);
      }
    }
    return documents.toArray(Document[]::new);
  }

  private static String run(Monitor monitor, Document[] documents, String size, List<String> pairs)
      throws IOException {
    int batch = Integer.parseInt(size);
    long matches = 0;
    long offsets = 0;
    long sum = 0;
    double started = cpu();
    for (int first = 0; first < documents.length; first += batch) {
      Document[] some = Arrays.copyOfRange(documents, first, Math.min(first + batch, documents.length));
      MultiMatchingQueries<HighlightsMatch> found = monitor.match(some, HighlightsMatch.MATCHER);
      for (int number = 0; number < some.length; number++) {
        for (HighlightsMatch match : found.getMatches(number)) {
          matches++;
          for (HighlightsMatch.Hit hit : match.getHits(TEXT)) {
            offsets++;
            sum += hit.startOffset + hit.endOffset;
          }
          if (pairs != null) {
            pairs.add((first + number) + "\t" + match.getQueryId());
          }
        }
      }
    }
    return (cpu() - started) + " " + matches + " " + offsets + " " + sum;
  }

  /** Words as Unicode separates them, folded by ICU: case, diacritics, width, digits; no script into another. */
  private static final class Folding extends Analyzer {
    private final boolean icu;

    Folding(boolean icu) {
      this.icu = icu;
    }

    @Override
    protected TokenStreamComponents createComponents(String field) {
      // Han by the character as ours, not by dictionary: names are in no dictionary, and this is faster.
      Tokenizer tokenizer =
          icu ? new ICUTokenizer(new DefaultICUTokenizerConfig(false, true)) : new StandardTokenizer();
      return new TokenStreamComponents(tokenizer, new ICUFoldingFilter(tokenizer));
    }
  }
}
