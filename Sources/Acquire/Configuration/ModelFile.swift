// A decoder's model as a TOML file; docs/models.md describes it.

import Decoding
import TOMLKit

enum ModelFile {
  /// Reads a model.
  ///
  /// - Throws: `Failure` with the path, for a file that is missing, malformed, or no model.
  static func read(_ path: String) throws(Failure) -> LinearModel {
    let text = try TextFile.read(path)
    let document: TOMLTable
    do {
      document = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw Failure(.data, "\(path):\(error.source.begin.line): \(error.description)")
    } catch {
      throw Failure(.data, "\(path) cannot be read as TOML: \(error)")
    }
    let known = ["classes", "channels", "centres", "biases", "weights"]
    if let stranger = document.keys.first(where: { !known.contains($0) }) {
      throw Failure(
        .data,
        "\(path): a model has no key `\(stranger)`, only \(known.joined(separator: ", "))")
    }
    let classes = try texts("classes", in: document, path)
    guard let table = document["weights"]?.table else {
      throw Failure(.data, "\(path) has no section [weights] with a row for each class")
    }
    if let stranger = table.keys.first(where: { !classes.contains($0) }) {
      throw Failure(
        .data, "\(path): [weights] has a row `\(stranger)`, which is none of its classes")
    }
    var weights: [[Double]] = []
    for name in classes { weights.append(try numbers(name, in: table, path)) }
    let channels = try texts("channels", in: document, path)
    let centres = try numbers("centres", in: document, path)
    let biases = try numbers("biases", in: document, path)
    do throws(ModelFault) {
      return try LinearModel(
        classes: classes, channels: channels, centres: centres, biases: biases, weights: weights)
    } catch {
      throw Failure(.data, "\(path): \(error.message)")
    }
  }

  private static func texts(_ key: String, in table: TOMLTable, _ path: String) throws(Failure)
    -> [String]
  {
    guard let array = table[key]?.array, !array.isEmpty else {
      throw Failure(.data, "\(path): `\(key)` must be a list of texts")
    }
    let texts = array.compactMap(\.string)
    guard texts.count == array.count else {
      throw Failure(.data, "\(path): `\(key)` must be a list of texts")
    }
    return texts
  }

  private static func numbers(_ key: String, in table: TOMLTable, _ path: String) throws(Failure)
    -> [Double]
  {
    guard let array = table[key]?.array else {
      throw Failure(.data, "\(path): `\(key)` must be a list of numbers")
    }
    let numbers = array.compactMap { $0.double ?? $0.int.map(Double.init) }
    guard numbers.count == array.count else {
      throw Failure(.data, "\(path): `\(key)` must be a list of numbers")
    }
    return numbers
  }
}
