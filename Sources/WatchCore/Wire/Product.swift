// The version of all programs, which are built together.

public enum Product {
    public static let version = "0.1.0"
}
