@main
enum Acquire {
  static func main() {}
}
